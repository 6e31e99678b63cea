import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** For figures of what is held: nothing that is no longer in use is counted. */
export const collectGarbage = runInNewContext('gc') as () => void;
