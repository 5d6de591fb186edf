import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { DISPLAY_NAME_RULE, isDisplayName } from '../common/validation/text-rules';
import { Database } from '../database/database';
import { IdentityContextReader } from './identity-context.reader';
import { UserProvisioner } from './user-provisioner';
import { normaliseEmail } from '../users/email';
import { UsersService } from '../users/users.service';

/** Users named by the development headers. */
@Injectable()
export class DevHeaderIdentities {
  constructor(
    private readonly database: Database,
    private readonly identities: IdentityContextReader,
    private readonly provisioner: UserProvisioner,
    private readonly users: UsersService,
  ) {}

  /** The user with that address, created if unknown, with the given name; refuses malformed headers with `invalid-input`. */
  async resolve(emailHeader: string | undefined, nameHeader: string | undefined): Promise<IdentityContext> {
    const email = parseEmail(emailHeader);
    const name = parseName(nameHeader);
    const known = await this.identities.findByEmail(email);
    if (known && !known.isActive) throw new AppError('invalid-token', { reason: 'inactive user' });
    if (known && (name === undefined || name === known.name)) return known;
    return this.database.transaction(async (manager) => {
      const fallback = name ?? email.slice(0, email.indexOf('@'));
      if (!known) await this.provisioner.provision({ email, name: fallback, passwordHash: null }, manager);
      const identity = await this.identities.getByEmail(email, manager);
      if (name === undefined || name === identity.name) return identity;
      await this.users.updateProfile(identity.id, { name }, manager);
      return { ...identity, name };
    });
  }
}

function parseEmail(header: string | undefined): string {
  if (header === undefined) throw fault('X-User-Name needs X-User-Email beside it');
  const email = normaliseEmail(header);
  if (email === undefined) throw fault('X-User-Email must be an e-mail address such as name@example.com');
  return email;
}

function parseName(header: string | undefined): string | undefined {
  const name = header?.trim();
  if (name === undefined || name === '') return undefined;
  if (!isDisplayName(name)) throw fault(`X-User-Name ${DISPLAY_NAME_RULE}`);
  return name;
}

function fault(detail: string): AppError {
  return new AppError('invalid-input', { detail });
}
