import type { MailKind } from './mail-kind';

const CODE_PARAGRAPHS = (act: string) => `${act}

{{link}}

Or type this code where you were asked for it:

{{code}}

Link and code work once, for {{lifetime}}.`;
const IF_NOT_YOU =
  'If this was not you, change your password and sign out everywhere, or ask an administrator.';
const CIRCUMSTANCES = `When: {{time}}
From: {{ip}}, {{device}}`;

/** The shipped texts: a first line with the subject, an empty line, and paragraphs. */
export const SHIPPED_TEMPLATES: Readonly<Record<MailKind, string>> = {
  'email-verification': `Subject: Verify your e-mail address

Hello {{name}},

${CODE_PARAGRAPHS('to verify that this address is yours, open this page and press the button:')}

If you did not ask for this, ignore this message: somebody may have mistyped their address.`,

  'password-reset': `Subject: Reset your password

Hello {{name}},

${CODE_PARAGRAPHS('to choose a new password, open this page:')}

If you did not ask for this, ignore this message: your password stays as it is.`,

  activation: `Subject: Activate your account

Hello {{name}},

${CODE_PARAGRAPHS('an administrator has made an account for you. To choose a password and sign in, open this page:')}`,

  'email-change': `Subject: Confirm your new e-mail address

Hello {{name}},

${CODE_PARAGRAPHS('to use this address for your account from now on, open this page and press the button:')}

If you did not ask for this, ignore this message: nothing changes.`,

  'email-changed': `Subject: The e-mail address of your account was changed

Hello {{name}},

the address of your account is no longer this one.

${CIRCUMSTANCES}

${CODE_PARAGRAPHS('If this was not you, take the account back: open this page and press the button. All sessions end.')}`,

  'registration-attempt': `Subject: Somebody registered with your e-mail address

Hello {{name}},

somebody tried to register with this address, which already belongs to your account. If it was you, sign in with the account that you have; if you have forgotten the password, ask for a reset there.

If it was not you, you need do nothing: no account was made, and nothing has changed.`,

  'password-changed': `Subject: Your password was changed

Hello {{name}},

the password of your account was changed, and all other sessions have ended.

${CIRCUMSTANCES}

${IF_NOT_YOU}`,

  'password-was-reset': `Subject: Your password was reset

Hello {{name}},

a new password was set for your account, and all sessions have ended.

${CIRCUMSTANCES}

${IF_NOT_YOU}`,

  'email-change-requested': `Subject: A change of your e-mail address was asked for

Hello {{name}},

somebody who is signed in to your account asked to change its e-mail address. Nothing has changed yet.

${CIRCUMSTANCES}

${IF_NOT_YOU}`,

  'email-change-undone': `Subject: The change of your e-mail address was undone

Hello {{name}},

the e-mail address of the account was changed back, and this address belongs to it no longer. All sessions have ended.

${CIRCUMSTANCES}`,

  'new-device': `Subject: New sign-in to your account

Hello {{name}},

somebody signed in to your account from a device that we have not seen before.

${CIRCUMSTANCES}

If this was you, you need do nothing. ${IF_NOT_YOU}`,

  'account-changed': `Subject: An administrator changed your account

Hello {{name}},

an administrator changed your account: {{change}}.

When: {{time}}

If you did not expect this, ask an administrator.`,

  'account-deleted': `Subject: Your account was deleted

Hello,

the account with this e-mail address was deleted.

When: {{time}}

If you did not expect this, ask an administrator.`,

  'key-made': `Subject: A new key was made

Hello {{name}},

a new key was made for a service account that you own: {{change}}.

${CIRCUMSTANCES}

If you did not expect this, revoke the key.`,
};
