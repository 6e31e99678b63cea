/**
 * Every question that `stargate doctor` asks, once: its stable code, the part of Stargate that it is about, its name in
 * the list, and why the answer matters. A code stays the same whatever the answer is.
 */
export const COMPONENTS = {
  machine: 'This machine',
  config: 'Configuration',
  edge: 'Edge',
  log: 'Log',
  spool: 'Spool',
  warehouse: 'Warehouse',
} as const;

export type Component = keyof typeof COMPONENTS;

export interface Question {
  readonly component: Component;
  /** A few words, as in the list that a person reads. */
  readonly title: string;
  readonly why: string;
}

const about =
  (component: Component) =>
  (title: string, why: string): Question => ({ component, title, why });
const [machine, config, edge] = [about('machine'), about('config'), about('edge')];
const [log, spool, warehouse] = [about('log'), about('spool'), about('warehouse')];

export const CHECKS = {
  STG_NODE: machine('Node', 'Older versions lack what Stargate is built on.'),
  STG_CLOCK: machine(
    'clock',
    'Every event is stamped with this clock, and Google refuses credentials that are minutes off.',
  ),
  STG_DISK: machine('disk', 'A full disk is answered 503: nothing more is taken in.'),
  STG_DESCRIPTORS: machine('open files', 'Each connection of a visitor takes one descriptor.'),
  STG_PORT: machine('port', 'A port that somebody else has keeps the command from starting.'),

  STG_CONFIG: config('settings', 'With a fault in the configuration no command starts.'),
  STG_CONFIG_IGNORED: config('ignored', 'What is set and not followed is likely to be a mistake.'),
  STG_SECRET_FILE: config(
    'secret files',
    'A secret that other users of this machine can read is none, and one that is missing stops the start.',
  ),

  STG_CERTIFICATE: edge('certificate', 'Browsers send nothing to a name that they cannot verify.'),

  STG_LOG_FOLDER: log('folder', 'Acknowledged events that no worker has stored yet are in it alone.'),
  STG_KAFKA: log('brokers', 'Without a broker events go to the spool, and then to nobody.'),
  STG_TOPIC: log('topic', 'Without the topic nothing can be written.'),
  STG_TOPIC_PARTITIONS: log('partitions', 'At most one worker of a group reads a partition.'),
  STG_TOPIC_REPLICAS: log('replicas', 'An acknowledged event is lost with the disks that it is on.'),
  STG_TOPIC_IN_SYNC: log(
    'in sync',
    'A partition without a leader, or below min.insync.replicas, takes nothing.',
  ),
  STG_TOPIC_MIN_INSYNC: log(
    'min.insync.replicas',
    'With 1 an acknowledged event can be on a single disk; with all replicas each restart of a broker stops writing.',
  ),
  STG_TOPIC_RETENTION: log(
    'retention',
    'What is deleted before a worker read it is lost; what is kept for longer than brokers keep the positions of a group can be read twice.',
  ),
  STG_TOPIC_CLEANUP: log('cleanup.policy', 'Compaction deletes events whose key came again.'),
  STG_TOPIC_COMPRESSION: log('compression.type', 'Brokers that compress anew spend their CPU on it.'),
  STG_TOPIC_UNCLEAN: log(
    'unclean election',
    'A replica that lacks acknowledged events may become leader, and they are gone.',
  ),
  STG_TOPIC_MESSAGE_SIZE: log('max.message.bytes', 'Batches that are larger are refused.'),
  STG_GROUP_LAG: log(
    'lag',
    'What waits is not queryable yet, and is lost when it becomes older than the retention.',
  ),

  STG_SPOOL_WAITING: spool('waiting', 'What waits in a spool exists once, on this disk.'),
  STG_SPOOL_REFUSED: spool('refused', 'What Kafka refused is in files on this disk, and in no table.'),
  STG_SPOOL_ABANDONED: spool('abandoned', 'A spool beyond the number of processes has no writer any more.'),

  STG_CREDENTIALS: warehouse('credentials', 'Google answers nobody whom it does not know.'),
  STG_WAREHOUSE: warehouse('place', 'Without it rows cannot be written.'),
  STG_TABLE_SCHEMA: warehouse('columns', 'Rows with a column that the table lacks are not taken.'),
  STG_TABLE_LAYOUT: warehouse('partitions', 'Without partitions and clustering each query reads every row.'),
  STG_TABLE_EXPIRY: warehouse('expiry', 'Rows are kept, and paid for, until their partition expires.'),
  STG_TABLE_POSITIONS: warehouse('positions', 'By this table the worker goes on where it stopped.'),
  STG_VIEWS: warehouse('views', 'Queries ask the views; those of another version may lack columns.'),
  STG_WRITE_API: warehouse('write API', 'The worker writes by it and by nothing else.'),
  STG_WRITE_PERMISSION: warehouse('permission', 'Without it every append is refused.'),
} as const satisfies Record<string, Question>;

export type CheckCode = keyof typeof CHECKS;
