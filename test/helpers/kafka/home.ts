/** Where `test/tools/setup` put Kafka's jars. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testCache } from '../cache.js';

/** 4.4.0 runs by KRaft, 3.9.2 with ZooKeeper. */
export const VERSIONS = ['4.4.0', '3.9.2'] as const;
export type KafkaVersion = (typeof VERSIONS)[number];

export const kafkaHome = (version: KafkaVersion): string => join(testCache(), `kafka-${version}`);

/** The cache folder, or null where Java or one of the versions is missing. */
export function findKafka(): string | null {
  if (VERSIONS.some((version) => !existsSync(join(kafkaHome(version), 'lib')))) return null;
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return testCache();
  } catch {
    return null;
  }
}

/** Arguments of `java` up to the main class: small heap, quick start. */
export function javaArguments(version: KafkaVersion, log: string, heap = 384): string[] {
  const home = kafkaHome(version);
  const archive = join(home, 'classes.jsa');
  return [
    '-Xms128m',
    `-Xmx${heap}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    // One of another JDK is ignored.
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto'] : []),
    ...(version === '4.4.0' ? [`-Dlog4j2.configurationFile=${log}`] : [`-Dlog4j.configuration=file:${log}`]),
    '-cp',
    `${home}/lib/*`,
  ];
}

/** A logging configuration by which a broker says on stdout when it has started. */
export const loggingOf = (version: KafkaVersion): string =>
  version === '4.4.0'
    ? `rootLogger.level=INFO
rootLogger.appenderRef.stdout.ref=stdout
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=[%d] %p %m (%c)%n
`
    : `log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
`;
