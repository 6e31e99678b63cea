import '../style/tokens.css';
import '../style/controls.css';
import '../style/live.css';
import '../style/empty.css';
import '../style/list.css';
import '../style/detail.css';
import '../style/code.css';
import '../style/narrow.css';
import { render } from 'preact';
import { App } from './app.js';
import { createStore } from './store.js';
import { follow } from './stream.js';

const store = createStore((callback) => requestAnimationFrame(callback));
follow('/dev/stream', store);
render(<App store={store} />, document.getElementById('app')!);
