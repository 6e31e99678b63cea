/** A warehouse in BigQuery as its URL and the configuration name it. */
export interface BigquerySettings {
  readonly project: string;
  readonly dataset: string;
  /** The event table. */
  readonly table: string;
  /** Base URL in place of Google's: an emulator, or a private endpoint. */
  readonly endpoint: string | null;
  /** Where a new dataset is made; null: where Google makes it, in the US. */
  readonly location: string | null;
  /** Days that events are kept. */
  readonly retentionDays: number;
}

/** A name of the dataset as SQL takes it: `project.dataset.name` in backticks. */
export const pathOf = ({ project, dataset }: Pick<BigquerySettings, 'project' | 'dataset'>, name: string) =>
  `\`${project}.${dataset}.${name}\``;
