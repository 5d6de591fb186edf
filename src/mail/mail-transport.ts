import type { RenderedMail } from './mail-template';

/** A mail as it goes out. */
export interface OutgoingMail extends RenderedMail {
  /** The same at every attempt. */
  readonly id: string;
  readonly to: string;
}

/** Why a mail did not go. */
export class MailFault extends Error {
  /**
   * @param message in words for operators; holds no address and no text of the server
   * @param isFinal whether no other attempt will do better
   * @param isOfServer whether it is about the server, and so about all mails
   * @param isOurs whether the cause is an error of this process, which the log may tell
   */
  constructor(
    message: string,
    readonly isFinal: boolean,
    readonly isOfServer: boolean,
    cause?: unknown,
    readonly isOurs = false,
  ) {
    super(message, { cause });
    this.name = 'MailFault';
  }
}

/** Sends mails: the only place that knows how. */
export abstract class MailTransport {
  /** Throws a `MailFault`. Every wait has a limit. */
  abstract send(mail: OutgoingMail): Promise<void>;

  /** Closes connections; what is under way fails. */
  abstract close(): void;
}
