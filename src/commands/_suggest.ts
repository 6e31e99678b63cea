export { nearest } from '../config/nearest.js';
