import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  UsersRepository,
  type AccountState,
  type CredentialsKey,
  type LockedUser,
  type NewUser,
  type ProfileChanges,
  type TokensNotBefore,
} from './users.repository';

/** People as rows: what the features above may do with them. */
@Injectable()
export class UsersService {
  constructor(private readonly users: UsersRepository) {}

  /** Answers the id of the new user, or undefined when the address is taken. */
  createIfAbsent(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    return this.users.insertIfAbsent(user, manager);
  }

  /** Answers whether there is such a person. */
  updateProfile(id: string, changes: ProfileChanges, manager: EntityManager): Promise<boolean> {
    return this.users.update(id, changes, manager);
  }

  /** Answers the version of the new credentials; undefined when those that were checked are no longer the user's. */
  changePassword(checked: CredentialsKey, hash: string, manager: EntityManager): Promise<number | undefined> {
    return this.users.updatePassword(checked, hash, manager);
  }

  /** Stores another hash of the same password, if the one of before is still there. */
  replacePasswordHash(id: string, from: string, to: string): Promise<void> {
    return this.users.updatePasswordHash(id, from, to);
  }

  /** The id of the user with a normalised address. */
  findIdByEmail(email: string): Promise<string | undefined> {
    return this.users.findIdByEmail(email);
  }

  /** The account of a normalised address, locked until the transaction ends. */
  lockByEmail(email: string, manager: EntityManager): Promise<AccountState | null> {
    return this.users.lockByEmail(email, manager);
  }

  /** Locks the row of a user until the transaction ends: who opens a session waits. */
  lock(id: string, manager: EntityManager): Promise<void> {
    return this.users.lock(id, manager);
  }

  /** The user of an id, locked until the transaction ends. */
  async lockById(id: string, manager: EntityManager): Promise<LockedUser | undefined> {
    return (await this.users.lockAll({ written: [id] }, manager)).get(id);
  }

  /** Whether nobody else may have a normalised address now. */
  isAddressTaken(email: string, manager: EntityManager): Promise<boolean> {
    return this.users.isAddressTaken(email, manager);
  }

  /** Gives a user another address, which is proven; the database refuses one that is taken. */
  changeEmail(id: string, email: string, manager: EntityManager): Promise<void> {
    return this.users.updateEmail(id, email, manager);
  }

  /** Gives a user whose row is locked a password, whatever they had; answers the new version of the credentials. */
  setPassword(id: string, hash: string, manager: EntityManager): Promise<number> {
    return this.users.updatePasswordAnyway(id, hash, manager);
  }

  /**
   * Ends everything that was issued to a user before this moment: the database ends the sessions. Undefined when there is no such
   * user.
   */
  endTokensOfBefore(id: string, manager: EntityManager): Promise<TokensNotBefore | undefined> {
    return this.users.updateTokensNotBefore(id, manager);
  }

  markEmailVerified(id: string, at: Date, manager: EntityManager): Promise<void> {
    return this.users.updateEmailVerifiedAt(id, at, manager);
  }

  /** The different beginnings of stored hashes: what the first group of a pattern finds. */
  findHashParameters(pattern: string): Promise<string[]> {
    return this.users.findHashParameters(pattern);
  }

  /** Takes the platform role from a user; answers whether they were an administrator. */
  removeAdminRole(id: string, manager: EntityManager): Promise<boolean> {
    return this.users.updateAdminToUser(id, manager);
  }

  /** Sign-ins with the credentials of before that are under way open no session. */
  removePassword(id: string, manager: EntityManager): Promise<void> {
    return this.users.updatePasswordToNone(id, manager);
  }
}
