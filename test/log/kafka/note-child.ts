/** A process that notes a membership and then does nothing, to be killed. */
import { MemberNote, type Place } from '../../../src/log/kafka/consumer-note.js';

const [folder, place, member] = process.argv.slice(2) as [string, string, string];
const note = new MemberNote(folder, JSON.parse(place) as Place, (text) => process.send?.(text));
await note.write(member);
process.send?.('noted');
process.on('disconnect', () => process.exit(0));
