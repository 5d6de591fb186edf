import { Injectable } from '@nestjs/common';
import { PasswordEnrolmentService } from '../auth/password-enrolment.service';
import { AppError } from '../common/errors/app-error';
import { EmailChangeService } from '../recovery/email-change.service';
import { EmailUndoService } from '../recovery/email-undo.service';
import { EmailVerificationService } from '../recovery/email-verification.service';
import { PasswordResetService } from '../recovery/password-reset.service';
import type { PageName } from './account-page';

/** What was typed into a form. */
export interface Typed {
  readonly code: string;
  readonly password: string;
}

/** What was done, in words. */
export interface Done {
  readonly title: string;
  readonly text: string;
}

const SIGN_IN = 'Sign in with it where you use your account.';

/** What the pages do: the use cases of the API. Tokens are made for nobody here, and thrown away. */
@Injectable()
export class AccountPagesService {
  private readonly acts: Readonly<Record<PageName, (typed: Typed) => Promise<Done>>> = {
    verify: async ({ code }) => {
      await this.verification.verify(code);
      return { title: 'Address verified', text: 'Your e-mail address is verified. You can close this page.' };
    },
    reset: async ({ code, password }) => {
      await this.resets.reset(code, password);
      return {
        title: 'Password set',
        text: `Your new password is set, and all sessions have ended. ${SIGN_IN}`,
      };
    },
    activate: async ({ code, password }) => {
      await this.enrolment.activate(code, password);
      return { title: 'Account activated', text: `Your password is set. ${SIGN_IN}` };
    },
    email: ({ code }) => this.changeOrUndo(code),
  };

  constructor(
    private readonly verification: EmailVerificationService,
    private readonly resets: PasswordResetService,
    private readonly enrolment: PasswordEnrolmentService,
    private readonly changes: EmailChangeService,
    private readonly undoing: EmailUndoService,
  ) {}

  act(page: PageName, typed: Typed): Promise<Done> {
    return this.acts[page](typed);
  }

  /** The messages to both addresses lead to one page. */
  private async changeOrUndo(code: string): Promise<Done> {
    try {
      await this.changes.change(code);
      return { title: 'Address changed', text: 'Your account has the new e-mail address now.' };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'code-invalid') throw error;
    }
    await this.undoing.undo(code);
    const text =
      'Your account has its former e-mail address again, and all sessions have ended. A message to reset the password is on its way.';
    return { title: 'Change undone', text };
  }
}
