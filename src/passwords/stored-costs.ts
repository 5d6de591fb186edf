import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DatabaseStarter } from '../database/database-starter';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { HASH_PARAMETERS_PATTERN, workOfParameters } from './stored-hash';

/**
 * Reads the costliest stored hashes at start, so that failed checks take the same time from the first request on. If that
 * fails (on a huge table), the hasher learns the cost at the first check of such a hash.
 */
@Injectable()
export class StoredCosts implements OnApplicationBootstrap {
  private readonly logger = new Logger('Passwords');

  constructor(
    private readonly database: DatabaseStarter,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
  ) {}

  onApplicationBootstrap(): void {
    this.readCosts().catch((error: unknown) => {
      this.logger.debug({ msg: 'the costs of the stored hashes could not be read', err: error });
    });
  }

  private async readCosts(): Promise<void> {
    await this.database.ready;
    for (const parameters of await this.users.findHashParameters(HASH_PARAMETERS_PATTERN)) {
      const work = workOfParameters(parameters, this.hasher.highestCost);
      if (work !== undefined) this.hasher.noticeStoredWork(work);
    }
  }
}
