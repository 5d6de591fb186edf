import type { MailFault } from './mail-transport';
import { SMTP_CONNECTIONS } from './smtp-transport';

/** What became of a batch. */
interface Outcome<Mail> {
  readonly untried: readonly Mail[];
  /** Of the server; then the rest was not tried. */
  readonly fault: MailFault | undefined;
}

/** Sends a batch, a few at a time, until it is over or the server cannot be used. */
export async function sendInLanes<Mail>(
  mails: readonly Mail[],
  {
    send,
    isOver,
  }: { send(this: void, mail: Mail): Promise<MailFault | undefined>; isOver(this: void): boolean },
): Promise<Outcome<Mail>> {
  const rest = [...mails];
  let fault: MailFault | undefined;
  const lane = async () => {
    while (!fault && !isOver()) {
      const mail = rest.shift();
      if (mail === undefined) return;
      fault = (await send(mail)) ?? fault;
    }
  };
  await Promise.all(Array.from({ length: SMTP_CONNECTIONS }, lane));
  return { untried: rest, fault };
}
