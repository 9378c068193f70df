// Where the next message is written: text, dropped or chosen files, and the button that sends or stops.
import { useRef, useState } from 'preact/hooks';
import { PARTS_LIMIT_BYTES } from '../../contract/limits';
import { uploadFile } from '../api/upload-file';
import { useAction } from '../api/use-action';
import { useFileDrop } from '../components/drop-zone';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { messages } from '../preferences';
import type { Attachment } from './conversation';

/** A file dropped here is for this conversation: the server removes it after a day. */
const ATTACHMENT_SECONDS = 86_400;

interface ComposerProps {
  streaming: boolean;
  /** Why nothing can be sent now, or null. */
  blocked: string | null;
  onSend: (text: string, attachments: Attachment[]) => void;
  onStop: () => void;
}

export function Composer({ streaming, blocked, onSend, onStop }: ComposerProps) {
  const { playground: m } = messages.value;
  const [text, setText] = useState('');
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const attach = useAction(async (files: File[]) => {
    for (const file of files) {
      const { id, filename, content_type } = await uploadFile(
        file,
        { purpose: 'user_data', expiresAfter: ATTACHMENT_SECONDS },
        PARTS_LIMIT_BYTES,
      );
      setAttachments((last) => [...last, { fileId: id, name: filename, mediaType: content_type }]);
    }
  });
  const field = useRef<HTMLTextAreaElement>(null);
  const drop = useFileDrop(attach.run, true);
  const canSend =
    !streaming && !attach.busy && blocked === null && (text.trim() !== '' || attachments.length > 0);

  const send = () => {
    if (!canSend) return;
    onSend(text, attachments);
    setText('');
    setAttachments([]);
  };
  return (
    <form
      class={`composer ${drop.over ? 'over' : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      {...drop.handlers}
    >
      <ErrorNotice failure={attach.failure} />
      {attachments.length > 0 && (
        <ul class="attachments">
          {attachments.map((attachment) => (
            <li key={attachment.fileId}>
              <Icon name="files" />
              {attachment.name}
              <button
                type="button"
                class="bare"
                aria-label={m.removeAttachment(attachment.name)}
                onClick={() => setAttachments(attachments.filter((other) => other !== attachment))}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        ref={field}
        rows={3}
        aria-label={m.message}
        placeholder={m.messagePlaceholder}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // While a Korean syllable is put together, Enter belongs to the input method.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <div class="composer-actions">
        <label class="bare words attach">
          <input
            type="file"
            multiple
            class="visually-hidden"
            onChange={(event) => {
              const files = Array.from(event.currentTarget.files ?? []);
              event.currentTarget.value = '';
              if (files.length > 0) attach.run(files);
            }}
          />
          <Icon name="attach" />
          {attach.busy ? m.attaching : m.attach}
        </label>
        <small class={blocked === null ? 'muted hint' : 'muted'}>{blocked ?? m.sendHint}</small>
        {/* Two elements: one that became the other amid a click would send the draft by the click that stops. */}
        {streaming ? (
          <button
            key="stop"
            type="button"
            class="quiet"
            onClick={() => {
              onStop();
              field.current?.focus();
            }}
          >
            <Icon name="stop" />
            {m.stop}
          </button>
        ) : (
          <button key="send" type="submit" class="primary" disabled={!canSend}>
            <Icon name="send" />
            {m.send}
          </button>
        )}
      </div>
    </form>
  );
}
