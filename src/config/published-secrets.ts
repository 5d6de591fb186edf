/** Examples, in lower case; a secret that only repeats one is just as well known. */
export const EXAMPLE_SECRETS: readonly string[] = [
  'your-secret-key',
  'your-secret-key-change-in-production',
  'your-256-bit-secret',
  'secret',
  'secret-key',
  'secretkey',
  'jwt-secret',
  'jwtsecret',
  'supersecret',
  'super-secret',
  'changeme',
  'change-me',
  'change-me-in-production',
  'changeit',
  'password',
  'default',
  'example',
  'test',
  'development',
  'promptstack',
  'promptstack-auth',
];

/**
 * Secrets that look random and are published in documentation, tutorials and specifications, in lower case; as part of another
 * text they add no strength.
 */
export const PUBLISHED_SECRETS: readonly string[] = [
  // FastAPI, Flask, Directus, Hasura: their documentation
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '255d861b-5ea1-5996-9aa3-922530ec40b1',
  '6116487b-cda1-52c2-b5b5-c8022c45e263',
  '3ek6fd+o0+c7tzbnvfjpmkndi2yaraakzqlk8o2ikoxqu4nf7edah8s3twphwrdwt6r',
  // Tutorials on Spring Security that many services were copied from
  '404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970',
  '413f4428472b4b6250655368566d5970337336763979244226452948404d6351',
  '5367566b59703373367639792f423f4528482b4d6251655468576d5a71347437',
  '586e3272357538782f413f4428472b4b6250655368566b597033733676397924',
  '3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b',
  // RFC 7515 appendix A.1, RFC 7520 section 3.5
  'aym1sysppbydfgzld3umj1qzkobwvmkoqq-estjqlr_t-1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow',
  'hjtxiz2usn5kbqfbttnwbpdmhkv8fjg-onbc6mxccyg',
];

/**
 * RFC 7638 thumbprints of keys whose private part is published: the examples of jwt.io for RS256 and ES256, and those of
 * RFC 7515 appendices A.2 and A.3 and of RFC 7517 appendix A.2.
 */
export const PUBLISHED_KEYS: ReadonlySet<string> = new Set([
  'oGDmHqCJ7yzMkWEkrlZVHkvrHIyQwtlDmeq5ForUHeY',
  '19J8y7Zprt2-QKLjF2I5pVk0OELX6cY2AfaAv1LC_w8',
  'IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8',
  'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
  'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
]);
