import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { User } from './user.entity';

/** A person to be. */
export interface NewUser {
  /** Normalised. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
}

/** The statements on `users`. */
@Injectable()
export class UsersRepository {
  /** Answers the id of the new row, or undefined when the address is taken; the constraint decides. */
  async insertIfAbsent(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    const { raw } = (await manager
      .createQueryBuilder()
      .insert()
      .into(User)
      .values({ ...user })
      .orIgnore()
      .returning('id')
      .execute()) as { raw: { id: string }[] };
    return raw[0]?.id;
  }

  async updateName(id: string, name: string, manager: EntityManager): Promise<void> {
    await manager.update(User, { id }, { name });
  }

  /** Only where the hash is still the one given, so that a change of password in between wins. */
  async updatePasswordHash(id: string, from: string, to: string, manager: EntityManager): Promise<void> {
    await manager.update(User, { id, passwordHash: from }, { passwordHash: to });
  }
}
