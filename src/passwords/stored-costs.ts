import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DatabaseStarter } from '../database/database-starter';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { HASH_PARAMETERS_PATTERN, workOfParameters } from './stored-hash';

/**
 * Tells the hasher at start which hashes are the costliest, so that no check that fails is quicker than another from the first
 * request on. Where that cannot be found out in time (a huge table), the first check of such a hash tells.
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
    this.notice().catch((error: unknown) => {
      this.logger.debug({ msg: 'the costs of the stored hashes are not known', err: error });
    });
  }

  private async notice(): Promise<void> {
    await this.database.ready;
    for (const parameters of await this.users.findHashParameters(HASH_PARAMETERS_PATTERN)) {
      const work = workOfParameters(parameters, this.hasher.highestCost);
      if (work !== undefined) this.hasher.noticeStoredWork(work);
    }
  }
}
