import { StargateError } from '../../errors.js';
import type { Warehouse } from '../port.js';
import type { BigquerySettings } from './settings.js';
import { type BigquerySql, openSql } from './sql.js';

export { openErasure } from './erasure.js';
export type { BigquerySettings } from './settings.js';
export { openSql } from './sql.js';

/** The warehouse for those who only ask. */
export function openQueries(settings: BigquerySettings): Warehouse {
  return queriesOf(openSql(settings));
}

function queriesOf({ tables, query, cost, close }: BigquerySql): Warehouse {
  const never = async (): Promise<never> => {
    throw new StargateError('STG_WAREHOUSE_LOCKED', {
      message: 'This connection only asks.',
      got: 'a write through a connection for queries',
    });
  };
  return {
    ...{ tables, query, cost, close },
    planSchema: never,
    applySchema: never,
    openPartition: never,
    lastPosition: never,
    reject: never,
    clear: never,
    publishEndpoint: never,
  };
}
