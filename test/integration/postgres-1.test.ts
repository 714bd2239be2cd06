import { describeOnPostgres } from '../support/data/on-postgres.ts';

describeOnPostgres(0, 3);
