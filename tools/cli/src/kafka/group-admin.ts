/** A process in a group. */
export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** A group as its coordinator has it. */
export interface FoundGroup {
  readonly group: string;
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty` (offsets but nobody in it) or `Dead` (nothing is known of it). */
  readonly state: string;
  readonly members: readonly GroupMember[];
}

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  /** The next record that the group will read. */
  readonly offset: number;
}

/**
 * What the commands ask of groups.
 *
 * @throws {CliError} KAFKA_UNREACHABLE from every method
 */
export interface GroupAdmin {
  /** Groups that the brokers know, by name. */
  names(): Promise<string[]>;
  describe(groups: readonly string[]): Promise<FoundGroup[]>;
  /** Every offset that a group has committed, in order of topic and partition. */
  committedOf(group: string): Promise<CommittedOffset[]>;
  /**
   * All in one request, for a group that nobody is in.
   *
   * @throws {CliError} GROUP_ACTIVE from the broker, which looks in the same moment: nobody can join in between
   */
  commit(group: string, offsets: readonly CommittedOffset[]): Promise<void>;
  /** Names of all topics. */
  topicNames(): Promise<string[]>;
}
