/** Where an issuer describes itself. OpenID Connect Discovery 1.0 section 4.1: a slash at the end of the issuer is left out. */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Whether an issuer is the address of a provider, and not only its name. */
export function isWebIssuer(issuer: string): boolean {
  return /^https?:\/\//i.test(issuer) && URL.canParse(issuer);
}
