/** The discovery URL of an issuer (OpenID Connect Discovery 1.0 section 4.1): a trailing slash of the issuer is removed. */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Whether an issuer is a URL, not only a name. */
export function isWebIssuer(issuer: string): boolean {
  return /^https?:\/\//i.test(issuer) && URL.canParse(issuer);
}
