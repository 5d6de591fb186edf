import { uniqueEmail } from '../support/http/accounts';
import { send } from '../support/http/http';
import { scrape } from '../support/http/metrics';
import { useDatabase } from '../support/database/test-database';
import { Replicas } from '../support/fault/replicas';
import { useMailServer } from '../support/mail/mail-server';
import { codeIn } from '../support/mail/received-mail';
import { eventually } from '../support/process/eventually';

/** 1000 for a report, which takes minutes: claims of killed replicas expire by themselves then. The figures are printed. */
const MAILS = Number(process.env.MAIL_STORM ?? 40);
const IS_REPORT = MAILS > 100;
const REPLICA_LIVES_MS = IS_REPORT ? 5_000 : 1_500;
/** What the server takes for a mail: there is always something under way. */
const TAKES_MS = 40;
const REQUESTS_A_SECOND = IS_REPORT ? 12 : 20;
const DRAIN_LIMIT_MS = IS_REPORT ? 420_000 : 30_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('R95: mails while the mail server and the replicas are killed', () => {
  const database = useDatabase();
  const mails = useMailServer();
  let replicas: Replicas;

  it(
    'every mail arrives at least once and none more than twice, and no code is anywhere but in its mail (R89)',
    async () => {
      const env = { ...mails.env, AUTH_TRUSTED_PROXIES: '1', AUTH_LOG_LEVEL: 'info' };
      replicas = await Replicas.start(2, database.url, env);
      mails.beforeAcknowledgement = () => sleep(TAKES_MS) as Promise<void>;
      const emails = Array.from({ length: MAILS }, uniqueEmail);
      await database.query(`INSERT INTO users (email, name) SELECT unnest($1::text[]), 'Ada'`, [emails]);
      const kills = { server: 0, replica: 0 };
      let isOver = false;

      const killServer = async () => {
        while (!isOver) {
          await sleep(400 + Math.random() * (IS_REPORT ? 4_000 : 800));
          const port = await mails.kill();
          kills.server++;
          await sleep(Math.random() * 500);
          await mails.start(port);
        }
      };
      const killReplica = async () => {
        for (let n = 0; !isOver; n++) {
          await sleep(REPLICA_LIVES_MS);
          await replicas.killAndRestart(n % 2);
          kills.replica++;
        }
      };
      const ask = async (email: string, n: number) => {
        // As a client does: again, elsewhere, until it is taken.
        await eventually('a replica takes it', async () => {
          const answer = await send(
            replicas.at(n + Math.round(Math.random())),
            'POST',
            '/auth/password/forgot',
            {
              body: { email },
              headers: { 'X-Forwarded-For': `198.51.${n >> 8}.${n & 255}` },
            },
          ).catch(() => undefined);
          return answer?.status === 202 || undefined;
        });
      };
      const arrived = () => new Set(mails.mails.map(({ to }) => to)).size;

      const faults = [killServer(), killReplica()];
      const begun = Date.now();
      const asked: Promise<void>[] = [];
      for (const [n, email] of emails.entries()) {
        asked.push(ask(email, n));
        await sleep(1_000 / REQUESTS_A_SECOND);
      }
      await Promise.all(asked);
      await eventually('most have arrived', () => arrived() > MAILS * 0.8 || undefined, 20_000).catch(
        () => undefined,
      );
      isOver = true;
      await Promise.all(faults);
      if (!IS_REPORT) {
        // What nobody sends any more is due again, as it is when the claims of the killed have expired.
        await replicas.stop();
        await database.query('UPDATE mails SET next_attempt_at = now() WHERE ended_at IS NULL');
        replicas = await Replicas.start(2, database.url, env);
      }
      await eventually(
        'all have arrived',
        () => emails.every((email) => mails.to(email).length > 0) || undefined,
        DRAIN_LIMIT_MS,
      );
      const took = Date.now() - begun;
      await eventually(
        'the queue is empty',
        async () => {
          const [row] = await database.query<{ n: number }>(
            'SELECT count(*)::int AS n FROM mails WHERE ended_at IS NULL',
          );
          return row?.n === 0 || undefined;
        },
        DRAIN_LIMIT_MS,
      );
      const times = [...mails.arrivals.values()];
      const told = {
        mails: MAILS,
        messages: times.length,
        twice: times.filter((count) => count === 2).length,
        more: times.filter((count) => count > 2).length,
        ...kills,
        seconds: Math.round(took / 1000),
      };
      if (IS_REPORT) process.stdout.write(`${JSON.stringify(told)}\n`);
      expect(kills.server).toBeGreaterThan(0);
      expect(kills.replica).toBeGreaterThan(0);
      // What the short run makes due anew has been claimed by a killed sender: a third copy is the test's own doing.
      expect(Math.max(...times)).toBeLessThanOrEqual(IS_REPORT ? 2 : 3);

      const codes = mails.mails.map(codeIn);
      const places = [
        JSON.stringify(await everyRow()),
        JSON.stringify(replicas.logs()),
        ...(await Promise.all(replicas.all.map(async (each) => [...(await scrape(each)).keys()].join()))),
      ].map((text) => text.toUpperCase());
      const leaked = codes.filter((code) => places.some((text) => text.includes(code)));
      expect(leaked).toEqual([]);
      const dashed = codes.map((code) => code.replace(/^(.{6})(.{5})(.{5})(.{5})/, '$1-$2-$3-$4-'));
      expect(dashed.filter((code) => places.some((text) => text.includes(code)))).toEqual([]);
      for (const email of emails) expect(places.slice(1).join()).not.toContain(email.toUpperCase());
      // They do open: the last of a user.
      const last = mails.to(emails.at(-1)!).at(-1)!;
      const answer = await send(replicas.at(0), 'POST', '/auth/password/reset', {
        body: { code: codeIn(last), password: 'another horse battery' },
      });
      expect(answer.status).toBe(200);
    },
    IS_REPORT ? 900_000 : 120_000,
  );

  afterAll(() => replicas.stop());

  /** Every row of every table, as text. */
  async function everyRow(): Promise<string[]> {
    const tables = await database.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) => database.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)),
    );
    return rows.flat().map(({ text }) => text);
  }
});
