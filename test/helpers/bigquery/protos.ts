/** The service's protos as Google's package ships them, and what is made of them. */
import { createRequire } from 'node:module';
import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const json = createRequire(import.meta.url)('@google-cloud/bigquery-storage/build/protos/protos.json');
const V1 = 'google.cloud.bigquery.storage.v1';

const loaded = loadPackageDefinition(
  fromJSON(json, { longs: String, enums: String, defaults: false, oneofs: true }),
) as unknown as {
  google: {
    cloud: { bigquery: { storage: { v1: { BigQueryWrite: { service: ServiceDefinition } } } } };
  };
};
export const writeService = loaded.google.cloud.bigquery.storage.v1.BigQueryWrite.service;

const StorageError = protobuf.Root.fromJSON(json).lookupType(`${V1}.StorageError`);

export type StorageCode =
  | 'TABLE_NOT_FOUND'
  | 'STREAM_NOT_FOUND'
  | 'STREAM_FINALIZED'
  | 'SCHEMA_MISMATCH_EXTRA_FIELDS'
  | 'OFFSET_ALREADY_EXISTS'
  | 'OFFSET_OUT_OF_RANGE';

/** A google.rpc.Status as it stands inside an answer. */
export function status(code: number, message: string, storage?: StorageCode, entity?: string) {
  if (!storage) return { code, message, details: [] };
  const detail = StorageError.fromObject({ code: storage, entity, errorMessage: message });
  const value = Buffer.from(StorageError.encode(detail).finish());
  return {
    ...{ code, message: `${message} Entity: ${entity}` },
    details: [{ type_url: `type.googleapis.com/${V1}.StorageError`, value }],
  };
}

export interface ProtoDescriptor {
  readonly name?: string;
  readonly field?: readonly { readonly name: string; readonly jsonName?: string }[];
  readonly nestedType?: readonly ProtoDescriptor[];
}

/** As other implementations make it of a name that comes without one. */
const camel = (name: string): string =>
  name.replace(/_+([^_])/g, (_, letter: string) => letter.toUpperCase());

/** Google's own protobuf, and Python's, refuse two fields of one JSON name; the one used here does not look. */
function refuseTwins({ field = [], nestedType = [] }: ProtoDescriptor): void {
  const seen = new Set<string>();
  for (const { name, jsonName } of field) {
    const json = jsonName || camel(name);
    if (seen.has(json))
      throw new Error(`Couldn't build proto file into descriptor pool: duplicate json_name (${json})`);
    seen.add(json);
  }
  nestedType.forEach(refuseTwins);
}

/** A decoder of rows by the descriptor that their writer sent. */
export function rowType(proto: ProtoDescriptor): protobuf.Type {
  refuseTwins(proto);
  // Added to protobufjs by the extension above.
  const { fromDescriptor } = protobuf.Type as unknown as { fromDescriptor(proto: object): protobuf.Type };
  const type = fromDescriptor(descriptor.DescriptorProto.fromObject(proto));
  new protobuf.Root().add(type);
  return type;
}

/** A decoded row: integers as numbers, what is absent missing. */
export const decodeRow = (type: protobuf.Type, bytes: Buffer): Record<string, unknown> =>
  type.toObject(type.decode(bytes), { longs: Number });
