/** A mail as its reader sees it. */
export interface ReceivedMail {
  /** Of the envelope. */
  readonly from: string;
  readonly to: string;
  /** By lower-case name, unfolded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly source: string;
}

/** Reads a mail of two parts, as RFC 2045 and RFC 2046 say; enough for what the service sends. */
export function readMail(
  source: string,
  envelope: { readonly from: string; readonly to: string },
): ReceivedMail {
  const { headers, body } = entity(source);
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Error('the mail has no parts');
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => entity(part.replace(/^\r?\n/, '')));
  const textOf = (type: string) => {
    const part = parts.find((each) => each.headers['content-type']?.startsWith(type));
    if (!part) throw new Error(`the mail has no ${type}`);
    return decode(part.body, part.headers['content-transfer-encoding']);
  };
  return { ...envelope, headers, text: textOf('text/plain'), html: textOf('text/html'), source };
}

function entity(source: string): { headers: Record<string, string>; body: string } {
  const at = /\r?\n\r?\n/.exec(source);
  const head = source.slice(0, at?.index).replaceAll(/\r?\n[ \t]+/g, ' ');
  const headers = Object.fromEntries(
    head.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { headers, body: at ? source.slice(at.index + at[0].length) : '' };
}

function decode(text: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString();
  if (encoding !== 'quoted-printable') return text;
  const bytes = text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** The code in a mail: the one of its link, which must be the one to type too. */
export function codeIn({ text, html }: ReceivedMail): string {
  const [, code] = /#code=([A-Z2-7]{26})\b/.exec(text) ?? [];
  if (code === undefined) throw new Error(`there is no code in:\n${text}`);
  const typed = /^([A-Z2-7]{6}(?:-[A-Z2-7]{5}){4})$/m.exec(text)?.[1];
  if (typed?.replaceAll('-', '') !== code || !html.includes(`#code=${code}`))
    throw new Error('the codes differ');
  return code;
}
