// Starts the console in the page.
import { render } from 'preact';
import { App } from './app';
import './styles/main.css';

render(<App />, document.body);
