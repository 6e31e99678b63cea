import fc from 'fast-check';
import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  shareOut,
} from '../../../src/log/kafka/consumer-assign.js';

describe('what members of a group tell each other', () => {
  it('is read by another client, and theirs by us', () => {
    const { MemberMetadata, MemberAssignment } = AssignerProtocol;
    expect(MemberMetadata.decode(encodeSubscription('événements'))?.topics).toEqual(['événements']);
    expect(MemberAssignment.decode(encodeAssignment('events', [3, 0, 4_000]))?.assignment).toEqual({
      events: [3, 0, 4_000],
    });
    const userData = Buffer.from('more');
    const theirs = MemberMetadata.encode({ version: 1, topics: ['other', 'events'], userData });
    expect(decodeSubscription(theirs)).toEqual(['other', 'events']);
    const assignment = { other: [9], events: [1, 5] };
    expect(decodeAssignment(MemberAssignment.encode({ version: 1, assignment, userData }), 'events')).toEqual(
      [1, 5],
    );
  });

  it('gives no partitions where there are no bytes, or none of the topic', () => {
    expect(decodeAssignment(Buffer.alloc(0), 'events')).toEqual([]);
    expect(decodeAssignment(encodeAssignment('other', [1]), 'events')).toEqual([]);
    expect(decodeAssignment(encodeAssignment('events', []), 'events')).toEqual([]);
  });
});

describe('sharing out', () => {
  it('gives each partition to one member, and none two more than another', () => {
    const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(members, fc.nat(200), (ids, partitions) => {
        const shares = shareOut(ids, partitions);
        const all = [...shares.values()].flat().toSorted((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: partitions }, (_, i) => i));
        const sizes = ids.map((id) => shares.get(id)!.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // Whoever leads comes to the same result.
        expect(shareOut(ids.toReversed(), partitions)).toEqual(shares);
      }),
    );
  });
});
