/** The messages of Postgres' own output plugin, protocol version 1, values as text. */

export interface Column {
  readonly name: string;
  readonly typeOid: number;
  /** Part of the replica identity. */
  readonly isKey: boolean;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly Column[];
}

/** Values as text; a value that was not sent, because it did not change, is left out. */
export type Row = Readonly<Record<string, string | null>>;

export interface Change {
  readonly type: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly relation: Relation;
  readonly record: Row | null;
  /** As much of the row before as the replica identity gives. */
  readonly oldRecord: Row | null;
}

export type LogicalMessage =
  | { readonly kind: 'begin'; readonly committedAt: Date }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'commit'; readonly end: bigint };

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  byte(): string {
    return String.fromCharCode(this.#data.readUInt8(this.#at++));
  }

  int8(): number {
    return this.#data.readUInt8(this.#at++);
  }

  int16(): number {
    this.#at += 2;
    return this.#data.readUInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#data.readUInt32BE(this.#at - 4);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#data.readBigUInt64BE(this.#at - 8);
  }

  name(): string {
    const end = this.#data.indexOf(0, this.#at);
    const text = this.#data.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  text(): string {
    const length = this.int32();
    this.#at += length;
    return this.#data.toString('utf8', this.#at - length, this.#at);
  }
}

function readRelation(reader: Reader): Relation {
  const oid = reader.int32();
  const schema = reader.name() || 'pg_catalog';
  const table = reader.name();
  reader.byte(); // the kind of replica identity
  const columns = Array.from({ length: reader.int16() }, () => {
    const isKey = reader.int8() === 1;
    const name = reader.name();
    const typeOid = reader.int32();
    reader.int32(); // the type's modifier
    return { name, typeOid, isKey };
  });
  return { oid, schema, table, columns };
}

function readRow(reader: Reader, { columns }: Relation): Row {
  const row: Record<string, string | null> = {};
  const count = reader.int16();
  for (const { name } of columns.slice(0, count)) {
    const kind = reader.byte();
    if (kind === 'n') row[name] = null;
    if (kind === 't') row[name] = reader.text();
  }
  return row;
}

/** A key alone comes as a whole row whose other columns are null. */
function readOldRow(reader: Reader, relation: Relation, kind: string): Row {
  const row = readRow(reader, relation);
  if (kind === 'O') return row;
  const keys = new Set(relation.columns.filter(({ isKey }) => isKey).map(({ name }) => name));
  return Object.fromEntries(Object.entries(row).filter(([name]) => keys.has(name)));
}

/** Decodes one session's messages, whose relations are described once, before their first use. */
export class Decoder {
  readonly #relations = new Map<number, Relation>();

  /** @returns undefined for what says nothing about rows */
  decode(data: Buffer): LogicalMessage | undefined {
    const reader = new Reader(data);
    const kind = reader.byte();
    switch (kind) {
      case 'B': {
        reader.int64();
        return {
          kind: 'begin',
          committedAt: new Date(POSTGRES_EPOCH_MS + Number(reader.int64() / 1000n)),
        };
      }
      case 'C': {
        reader.int8();
        reader.int64();
        return { kind: 'commit', end: reader.int64() };
      }
      case 'R': {
        const relation = readRelation(reader);
        this.#relations.set(relation.oid, relation);
        return undefined;
      }
      case 'I':
      case 'U':
      case 'D':
        return { kind: 'change', change: this.#change(kind, reader) };
      default:
        return undefined;
    }
  }

  #change(kind: 'I' | 'U' | 'D', reader: Reader): Change {
    const oid = reader.int32();
    const relation = this.#relations.get(oid);
    if (!relation) throw new Error(`a change of the relation ${oid}, which was never described`);
    let tuple = reader.byte();
    let oldRecord: Row | null = null;
    if (tuple !== 'N') {
      oldRecord = readOldRow(reader, relation, tuple);
      if (kind === 'U') tuple = reader.byte();
    }
    const record = tuple === 'N' ? readRow(reader, relation) : null;
    const type = ({ I: 'INSERT', U: 'UPDATE', D: 'DELETE' } as const)[kind];
    return { type, relation, record, oldRecord };
  }
}
