import type { SendMailOptions } from 'nodemailer';
import type { MailSender } from '../config/mail.config';
import type { OutgoingMail } from './mail-transport';

/** A mail in the form of nodemailer. Nothing in it makes that read a file or an address of the web. */
export function messageOf({ id, to, subject, text, html }: OutgoingMail, from: MailSender): SendMailOptions {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    messageId: `<${id}@${domain}>`,
    from: { ...from }, // nodemailer writes to it
    to: { name: '', address: to },
    envelope: { from: from.address, to: [to] },
    subject,
    text,
    html,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834 section 5: no program answers it
      'X-Auto-Response-Suppress': 'All',
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
