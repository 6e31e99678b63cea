import { describe, expect, it } from 'vitest';
import { load, refusal } from './load.js';

const kafka = { BOOTSTRAP_SERVERS: '10.0.0.5:9092,10.0.0.6:9092', KAFKA_TOPIC_NAME: 'stargate_v2.realtime' };

describe('the environment of Stargate 2.0', () => {
  it('makes a log URL of servers and topic', () => {
    const { config, provenance } = load({ env: kafka });
    expect(config.log).toBe('kafka://10.0.0.5:9092,10.0.0.6:9092/stargate_v2.realtime');
    expect(provenance.log).toBe('environment BOOTSTRAP_SERVERS, KAFKA_TOPIC_NAME (Stargate 2.0)');
  });

  it('wants a topic beside the servers, unless the log is named elsewhere', () => {
    const { BOOTSTRAP_SERVERS } = kafka;
    expect(refusal({ env: { BOOTSTRAP_SERVERS } }).message).toContain('KAFKA_TOPIC_NAME');
    expect(load({ env: { BOOTSTRAP_SERVERS, STARGATE_LOG: 'memory:' } }).config.log).toBe('memory:');
    expect(load({ env: { BOOTSTRAP_SERVERS }, flags: { log: 'memory:' } }).config.log).toBe('memory:');
  });

  it('makes a warehouse URL of project, dataset and topic', () => {
    const env = { ...kafka, PROJECT_ID: 'acme-data', BIGQUERY_DATASET: 'stargate_v2' };
    expect(load({ env }).config.warehouse).toBe('bigquery://acme-data/stargate_v2.realtime');
    const half = load({ env: { BIGQUERY_DATASET: 'x' } });
    expect(half.config.warehouse).toMatch(/^duckdb:/);
    expect(half.notices.join()).toContain('BIGQUERY_DATASET');
  });

  it('takes keys, hosts and group', () => {
    const { config } = load({
      env: {
        API_KEY: 'k',
        API_SECRET: 's',
        ALLOWED_HOSTS: '["https://a.example"]',
        KAFKA_CONSUMER_GROUP: 'g',
      },
    });
    expect(config).toMatchObject({
      apiKey: 'k',
      apiSecret: 's',
      allowedHosts: ['https://a.example'],
      group: 'g',
    });
    expect(refusal({ env: { API_KEY: 'k' } }).expected).toContain('apiSecret');
  });

  it('reads what would weaken delivery, says so, and changes nothing', () => {
    const env = {
      KAFKA_TOPIC_ACKS: '0',
      KAFKA_TOPIC_ENABLE_IDEMPOTENCE: 'false',
      KAFKA_TOPIC_RETRIES: '0',
      KAFKA_TOPIC_INFLIGHT_REQS: '9',
      KAFKA_TOPIC_LINGER_MS: '600',
      KAFKA_TOPIC_PARTIOTIONER: 'murmur2_random',
    };
    const { config, notices } = load({ env });
    expect(config).toEqual(load().config);
    expect(notices.map((notice) => notice.split(' ')[0])).toEqual(Object.keys(env));
  });

  it('suspects a misspelt name of ours', () => {
    const { notices } = load({ env: { STARGATE_PROT: '1', STARGATE_KEY_BACKEND: 'x', STARGATE_CONFIG: '' } });
    expect(notices).toEqual(['STARGATE_PROT is no setting and is ignored. Did you mean STARGATE_PORT?']);
  });
});
