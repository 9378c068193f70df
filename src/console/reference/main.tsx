// Starts the API reference in its page, /docs.
import { render } from 'preact';
import { ReferenceApp } from './reference-app';
import '../styles/main.css';

render(<ReferenceApp />, document.body);
