import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The answer to a registration where addresses must be verified first. */
@ApiSchema({ name: 'RegistrationSent', description: 'The owner of the address gets a message.' })
export class RegistrationSentResponse {
  /** Always `sent`, whoever has the address */
  @ApiProperty({ enum: ['sent'] })
  verification: 'sent';
}
