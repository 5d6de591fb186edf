/** What a scrape has told: the value of every series, by its name with its labels. */
export type Metrics = ReadonlyMap<string, number>;

/** Scrapes `/metrics` of a service, or of a listener, on a connection of its own. */
export async function scrape({ url }: { readonly url: string }): Promise<Metrics> {
  const answer = await fetch(`${url}/metrics`, { headers: { Connection: 'close' } });
  if (answer.status !== 200) throw new Error(`GET /metrics answered ${answer.status}`);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The sum of all series of a name that have these labels; 0 when there is none. */
export function sample(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return [...metrics]
    .filter(([series]) => series === name || series.startsWith(`${name}{`))
    .filter(([series]) => wanted.every((label) => series.includes(label)))
    .reduce((sum, [, value]) => sum + value, 0);
}
