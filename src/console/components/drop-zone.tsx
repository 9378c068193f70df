// A place to drop files on, which is also a button that opens the file chooser.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface DropZoneProps {
  /** As an `<input type="file">` takes it. */
  accept?: string;
  multiple?: boolean;
  onFiles: (files: File[]) => void;
  class?: string;
  children: ComponentChildren;
}

export function DropZone({
  accept,
  multiple = false,
  onFiles,
  class: extraClass = '',
  children,
}: DropZoneProps) {
  const { over, handlers } = useFileDrop(onFiles, multiple);
  return (
    // Dropping is the mouse's way; the input inside is everyone's.
    <label class={`drop-zone ${over ? 'over' : ''} ${extraClass}`} {...handlers}>
      <input
        type="file"
        class="visually-hidden"
        accept={accept}
        multiple={multiple}
        onChange={(event) => {
          const input = event.currentTarget;
          const files = Array.from(input.files ?? []);
          // The same file can be chosen again.
          input.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
      {children}
    </label>
  );
}

/** Makes any element take dropped files. */
export function useFileDrop(onFiles: (files: File[]) => void, multiple: boolean) {
  const [over, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const files = Array.from(event.dataTransfer?.files ?? []);
      if (files.length > 0) onFiles(multiple ? files : files.slice(0, 1));
    },
  };
  return { over, handlers };
}
