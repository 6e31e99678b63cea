import {
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
} from '@duckdb/node-api';

/** How much text a result may hold before it is cut, in UTF-16 units. */
export const MAX_TEXT = 32 * 1_048_576;

/** Counts the text that went into a result. */
export interface Tally {
  text: number;
}

const integer = (value: bigint): number | string => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};

/** Micros since 1970 as ISO text: ms where that says all, else micros. Outside JavaScript's range as DuckDB writes it. */
function isoOf(value: DuckDBTimestampValue | DuckDBTimestampTZValue): string {
  const ms = Number(value.micros / 1000n) - (value.micros % 1000n < 0n ? 1 : 0);
  if (Math.abs(ms) > 8.64e15) return String(value);
  const iso = new Date(ms).toISOString();
  const micros = Number(((value.micros % 1000n) + 1000n) % 1000n);
  return micros === 0 ? iso : `${iso.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

function structOf(
  value: DuckDBStructValue,
  type: DuckDBType,
  convert: DuckDBValueConverter<unknown>,
): unknown {
  const types = 'entryTypes' in type ? type.entryTypes : [];
  const entries = Object.entries(value.entries).map(([name, entry], index) => {
    const entryType = types[index];
    return [name, entry === null || !entryType ? null : convert(entry, entryType, convert)];
  });
  return Object.fromEntries(entries);
}

function listOf(
  items: readonly DuckDBValue[],
  type: DuckDBType,
  convert: DuckDBValueConverter<unknown>,
): unknown {
  const itemType = 'valueType' in type ? type.valueType : null;
  return items.map((item) => (item === null || !itemType ? null : convert(item, itemType, convert)));
}

function mapOf(value: DuckDBMapValue, type: DuckDBType, convert: DuckDBValueConverter<unknown>): unknown {
  if (!('keyType' in type && 'valueType' in type)) return null;
  return value.entries.map(({ key, value: item }) => ({
    key: key === null ? null : convert(key, type.keyType as DuckDBType, convert),
    value: item === null ? null : convert(item, type.valueType as DuckDBType, convert),
  }));
}

/** JSON forms of a result's values, as the port describes them. JSON columns stay text, exactly as stored. */
export function jsonConverter(tally: Tally): DuckDBValueConverter<unknown> {
  const asText = (text: string): string => {
    tally.text += text.length;
    return text;
  };
  return (value, type, convert) => {
    if (value === null) return null;
    const again = convert ?? jsonConverter(tally);
    if (typeof value === 'string') return asText(value);
    if (typeof value === 'bigint') return integer(value);
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (value instanceof DuckDBTimestampTZValue) return isoOf(value);
    if (value instanceof DuckDBTimestampValue && type.typeId === DuckDBTypeId.TIMESTAMP) return isoOf(value);
    if (value instanceof DuckDBDateValue) return String(value);
    if (value instanceof DuckDBListValue) return listOf(value.items, type, again);
    if (value instanceof DuckDBStructValue) return structOf(value, type, again);
    if (value instanceof DuckDBMapValue) return mapOf(value, type, again);
    return asText(String(value));
  };
}
