/** What a code is for; it does nothing else. */
export type CodePurpose =
  'activation' | 'email-verification' | 'password-reset' | 'email-change' | 'email-undo';

/** How long each lives, in seconds. */
export const CODE_LIFETIME_SECONDS: Readonly<Record<CodePurpose, number>> = {
  activation: 24 * 3600,
  'email-verification': 24 * 3600,
  'password-reset': 3600,
  'email-change': 24 * 3600,
  'email-undo': 7 * 24 * 3600,
};
