import { SetMetadata } from '@nestjs/common';

/** Metadata key that the guard reads. */
export const PUBLIC_ROUTE = 'public-route';

/** Opens a route, or all routes of a controller, to anyone; every other route is closed. */
export const Public = () => SetMetadata(PUBLIC_ROUTE, true);
