/** The `amr` value of password authentication (RFC 8176 section 2). */
export const PASSWORD = 'pwd';
