import { Module } from '@nestjs/common';
import { PasswordBlocklist } from './password-blocklist';
import { PasswordPolicy } from './password-policy';

/** Which passwords are accepted. */
@Module({ providers: [PasswordBlocklist, PasswordPolicy], exports: [PasswordPolicy] })
export class PasswordPolicyModule {}
