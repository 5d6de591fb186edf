/** Maximum length of a refresh token in a request; ours are shorter and may grow. A longer one is refused as unknown. */
export const MAX_REFRESH_TOKEN_LENGTH = 1024;

/** The rule for refresh tokens, in words. */
export const REFRESH_TOKEN_RULE = 'must be a refresh token (a text that starts with psr_)';
