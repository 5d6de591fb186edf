import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ServicePrincipal } from '../security/principal';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import type { EventStream } from './event-stream';
import { EventStreams } from './event-streams';

const CHECK_MS = 1_000;

/** Ends streams with their credentials: a key that was revoked or has expired, a scope that was taken away. */
@Injectable()
export class StreamCredentials implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Events');
  private timer: NodeJS.Timeout | undefined;
  private isChecking = false;

  constructor(
    private readonly streams: EventStreams,
    private readonly services: ServiceAuthenticator,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.check(), CHECK_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One look-up per credential, however many streams it has. While the database is away nothing can be told anyway. */
  private async check(): Promise<void> {
    const streams = this.streams.all();
    if (streams.length === 0 || this.isChecking) return;
    this.isChecking = true;
    try {
      const ofCredential = new Map<string, EventStream[]>();
      for (const stream of streams) {
        const name = `${stream.service.keyId} ${stream.service.token?.id ?? ''}`;
        ofCredential.set(name, [...(ofCredential.get(name) ?? []), stream]);
      }
      await Promise.all([...ofCredential.values()].map((group) => this.checkGroup(group)));
    } catch (error) {
      this.logger.debug({ msg: 'the credentials of event streams could not be checked', err: error });
    } finally {
      this.isChecking = false;
    }
  }

  private async checkGroup(group: readonly EventStream[]): Promise<void> {
    const [first] = group;
    if (!first || (await this.isGood(first.service))) return;
    for (const stream of group) this.streams.end(stream, 'credential');
  }

  private async isGood(service: ServicePrincipal): Promise<boolean> {
    const scopes = await this.services.presentScopes(service);
    return scopes.includes('tokens:validate');
  }
}
