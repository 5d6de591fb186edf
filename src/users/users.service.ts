import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { UsersRepository, type NewUser } from './users.repository';

/** People as rows: what the features above may do with them. */
@Injectable()
export class UsersService {
  constructor(private readonly users: UsersRepository) {}

  /** Answers the id of the new user, or undefined when the address is taken. */
  createIfAbsent(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    return this.users.insertIfAbsent(user, manager);
  }

  rename(id: string, name: string, manager: EntityManager): Promise<void> {
    return this.users.updateName(id, name, manager);
  }

  replacePasswordHash(id: string, from: string, to: string, manager: EntityManager): Promise<void> {
    return this.users.updatePasswordHash(id, from, to, manager);
  }
}
