/**
 * What we use of @platformatic/kafka: its protocol and its connections. The package's index also loads its clients,
 * which compile the checks of their options: 0.6 s of CPU at every start, of which these parts take 0.25. Where an
 * update has moved them, the index has them too.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Package from '@platformatic/kafka';

export type { API, Reader } from '@platformatic/kafka';
export type Connection = Package.Connection;
export type Writer = Package.Writer;

const NAME = '@platformatic/kafka';
const index = pathToFileURL(createRequire(import.meta.url).resolve(NAME));
/** Files of the package, beside its index. */
export const PARTS = ['network/connection.js', 'protocol/index.js', 'apis/index.js', 'errors.js'] as const;

const load = (path: string): Promise<typeof Package> =>
  import(new URL(path, index).href).catch(() => import(NAME));
const [network, protocol, apis, errors] = await Promise.all(PARTS.map(load));

export const { Connection } = network!;
export const { AuthenticationError } = errors!;
export const { compressionsAlgorithms, compressionsAlgorithmsByBitmask, crc32c, Writer } = protocol!;
export const {
  createAPI,
  createPartitionsV3,
  createTopicsV7,
  describeConfigsV4,
  describeGroupsV5,
  findCoordinatorV4,
  heartbeatV4,
  incrementalAlterConfigsV1,
  initProducerIdV4,
  joinGroupV9,
  leaveGroupV5,
  listOffsetsV7,
  metadataV12,
  offsetCommitV9,
  offsetFetchV8,
  produceV9,
  syncGroupV5,
} = apis!;
