import { IsUUID } from 'class-validator';

/** Names a session in the path. */
export class SessionIdParam {
  /**
   * The `id` of the session
   * @example 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11'
   */
  @IsUUID('all', { message: 'must be the id of a session (a UUID)' })
  id: string;
}
