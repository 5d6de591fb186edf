/** The name of a password among authentication methods (RFC 8176 section 2). */
export const PASSWORD = 'pwd';
