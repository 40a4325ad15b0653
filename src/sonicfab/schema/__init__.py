"""What an image build accepts in config_db: facts of its YANG models, and the models themselves."""
