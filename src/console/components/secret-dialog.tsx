// Shows a secret once: after this dialog, nobody sees it again.
import { messages } from '../preferences';
import { CopyButton } from './copy-button';
import { Dialog } from './dialog';

export function SecretDialog({
  title,
  secret,
  onClose,
}: {
  title: string;
  secret: string;
  onClose: () => void;
}) {
  const { common } = messages.value;
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack">
        <p>{common.secretOnce}</p>
        <code class="secret">{secret}</code>
        <div class="actions">
          <CopyButton value={secret} label={common.copy} words />
        </div>
      </div>
    </Dialog>
  );
}
