/** Longest text that can be a refresh token; ours are shorter, and may grow. Longer ones are refused like any unknown one. */
export const MAX_REFRESH_TOKEN_LENGTH = 1024;

/** What a refresh token may be, in words. */
export const REFRESH_TOKEN_RULE = 'must be a refresh token (a text that starts with psr_)';
