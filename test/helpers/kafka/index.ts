/** Real Kafka for tests: `startCluster` in `beforeAll`, `close` in `afterAll`, inside `describeWith('kafka', …)`. */
export { Cluster, type ClusterOptions, type KafkaNode, startCluster, type TopicOptions } from './cluster.js';
