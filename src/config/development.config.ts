import { immutable } from './immutable';

/** What only development and tests use; production refuses all of it. */
export class DevelopmentConfig {
  /** Path of the JSON file with test data; see `docs/integrate/use-it-in-your-tests.md`. */
  readonly seedFile: string | undefined;
  /** Whether `POST /dev/token` exists. */
  readonly tokens: boolean;

  constructor(values: DevelopmentConfig) {
    Object.assign(this, immutable({ ...values }));
    Object.freeze(this);
  }
}
