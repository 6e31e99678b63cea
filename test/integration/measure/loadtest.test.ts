/** One file, so that one load runs after another: two at a time on a small machine would measure each other. */
import './truths.js';
import './verdicts.js';
