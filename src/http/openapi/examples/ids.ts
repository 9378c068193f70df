// The ids of all examples. A test that sends an example puts real ones in their places.
export const BATCH_ID = 'batch_3f0c9a1b2c4d';
export const FILE_ID = 'file_7HqLw2ZpXo9RbT4nKc1VdE8s';
export const INPUT_FILE_ID = 'file_2dJsYv6WkMg0QeTi8ZrLbXn5';
export const UPLOAD_ID = 'upload_5mNc8Tq1WzYx0BvRk3LsDjG7';
export const PART_ID = 'part_A6hUe9Jf2XoPt4ZiVn7KbQw1';
export const ENDPOINT_ID = 'we_et7ujfRgdfz7Cifbh7BILAlu';
export const ACCOUNT_ID = 'acct_Qm3Tz8WkYb5NvRx1LcJf6Ghd';
export const KEY_ID = 'key_x9DfPa4SgUe2MhKq7YtBn0Cw';
export const REQUEST_ID = 'req_MPSfbRQraEybtXTSUcwEI5Zw';
