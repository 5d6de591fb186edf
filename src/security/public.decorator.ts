import { SetMetadata } from '@nestjs/common';

/** Metadata key that the guard reads. */
export const PUBLIC_ROUTE = 'public-route';

/** Makes a route, or all routes of a controller, public; every other route requires authentication. */
export const Public = () => SetMetadata(PUBLIC_ROUTE, true);
