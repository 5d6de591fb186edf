import { SetMetadata } from '@nestjs/common';

/** Metadata key that the interceptor reads. */
export const KEEPS_ANSWERS = 'keeps-answers';

/** Marks a route that is no GET and changes no answer about a user who is known already. */
export const KeepsAnswers = () => SetMetadata(KEEPS_ANSWERS, true);
