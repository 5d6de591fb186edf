import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { User } from './user.entity';

/** A person to be. */
export interface NewUser {
  /** Normalised. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly avatarUrl?: string | null;
  /** Absent: nobody vouches for the address yet. */
  readonly emailVerifiedAt?: Date;
}

/** What people and their providers may change of an account. */
export type Profile = Partial<Pick<User, 'name' | 'avatarUrl'>>;

/** What linking needs to know of an account. */
export interface AccountState {
  readonly id: string;
  readonly isActive: boolean;
  readonly emailVerifiedAt: Date | null;
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

  /** By normalised address; the row stays locked until the transaction ends. */
  lockByEmail(email: string, manager: EntityManager): Promise<AccountState | null> {
    return manager.findOne(User, {
      where: { email },
      select: { id: true, isActive: true, emailVerifiedAt: true },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Changes what is given of the profile. */
  async updateProfile(id: string, profile: Profile, manager: EntityManager): Promise<void> {
    await manager.update(User, { id }, profile);
  }

  async updateEmailVerifiedAt(id: string, at: Date, manager: EntityManager): Promise<void> {
    await manager.update(User, { id }, { emailVerifiedAt: at });
  }

  async clearPasswordHash(id: string, manager: EntityManager): Promise<void> {
    await manager.update(User, { id }, { passwordHash: null });
  }

  /** Only where the hash is still the one given, so that a change of password in between wins. */
  async updatePasswordHash(id: string, from: string, to: string, manager: EntityManager): Promise<void> {
    await manager.update(User, { id, passwordHash: from }, { passwordHash: to });
  }
}
